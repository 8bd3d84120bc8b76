import { useTranslation } from "react-i18next";
import { Checkbox, SimpleGrid, TextInput } from "@/kit/kit";
import type { Schemas } from "@/shared/useAnswer";

export type Values = Record<string, string>;

interface ChoicesProps {
  choices: Schemas["LibraryChoice"][];
  values: Values;
  onChange: (values: Values) => void;
}

/** The values of a ready-made segment as fields; an empty one keeps its default. */
export function Choices({ choices, values, onChange }: ChoicesProps) {
  const { t } = useTranslation();
  const hint = ({ default: usual, example, optional }: Schemas["LibraryChoice"]) => {
    if (usual !== null) return t("library.usual", { value: usual });
    const such = example === null ? null : t("library.such_as", { value: example });
    return [optional ? t("library.optional") : t("library.must_choose"), such].filter(Boolean).join(" ");
  };
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      {choices.map((choice) =>
        choice.kind === "switch" ? (
          <Checkbox
            key={choice.name}
            label={choice.label}
            checked={(values[choice.name] ?? choice.default) === "true"}
            onChange={(event) => onChange({ ...values, [choice.name]: String(event.currentTarget.checked) })}
          />
        ) : (
          <TextInput
            key={choice.name}
            label={choice.label}
            description={hint(choice)}
            placeholder={choice.default ?? choice.example ?? undefined}
            required={choice.default === null && !choice.optional}
            maxLength={200}
            value={values[choice.name] ?? ""}
            onChange={(event) => onChange({ ...values, [choice.name]: event.currentTarget.value })}
          />
        ),
      )}
    </SimpleGrid>
  );
}
