import { useTranslation } from "react-i18next";
import { NumberChoice, OfferedChoice, PlaceChoice, SpanChoice, TextChoice, type ChoiceProps } from "./ChoiceFields";
import { readSpan } from "./spans";
import { answer, api } from "@/api/client";
import { Checkbox, SimpleGrid } from "@/kit/kit";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

export type Values = Record<string, string>;
type Choice = Schemas["LibraryChoice"];

interface ChoicesProps {
  choices: Choice[];
  values: Values;
  onChange: (values: Values) => void;
}

const numbers = ["money", "number", "percent", "days"];
const spans = ["period", "ahead", "duration"];
const plain = ["text", ...numbers, ...spans, "place", "switch"];

/** The field that suits the kind of a choice. */
function Field(props: ChoiceProps & { choice: Choice; offered: Schemas["LibraryOffer"][] }) {
  const { choice, offered, ...field } = props;
  if (numbers.includes(choice.kind)) return <NumberChoice kind={choice.kind} {...field} />;
  if (spans.includes(choice.kind) && readSpan(field.value || choice.default || "1d"))
    return <SpanChoice kind={choice.kind} {...field} />;
  if (choice.kind === "place") return <PlaceChoice example={choice.example ?? ""} {...field} />;
  return offered.length > 0 ? <OfferedChoice offered={offered} {...field} /> : <TextChoice {...field} />;
}

/** The values of a ready-made segment, each in a field of its kind; an emptied one has its default again. */
export function Choices({ choices, values, onChange }: ChoicesProps) {
  const { t } = useTranslation();
  const { data } = useAnswer({
    key: ["library", "offers"],
    ask: (signal) => answer(api.GET("/api/library/offers", { signal })),
    enabled: choices.some((one) => !plain.includes(one.kind)),
  });
  const hint = ({ default: usual, example, optional, kind }: Choice) => {
    // Minutes and seconds are written as one text.
    if (kind === "duration" && !readSpan(usual ?? "")) return t("library.minutes_seconds");
    if (usual !== null) return undefined;
    if (optional) return t("library.optional");
    if (data?.offers[kind]?.length) return t("library.offered");
    return example === null ? t("library.must_choose") : t("library.such_as", { value: example });
  };
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      {choices.map((choice) => {
        const value = values[choice.name] ?? choice.default ?? "";
        const change = (next: string) => onChange({ ...values, [choice.name]: next });
        return choice.kind === "switch" ? (
          <Checkbox
            key={choice.name}
            label={choice.label}
            checked={value === "true"}
            onChange={(event) => change(String(event.currentTarget.checked))}
          />
        ) : (
          <Field
            key={choice.name}
            choice={choice}
            offered={data?.offers[choice.kind] ?? []}
            label={choice.label}
            hint={hint(choice)}
            usual={choice.default}
            required={choice.default === null && !choice.optional}
            value={value}
            onChange={change}
          />
        );
      })}
    </SimpleGrid>
  );
}
