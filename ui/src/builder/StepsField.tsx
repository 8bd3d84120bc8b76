import { useTranslation } from "react-i18next";
import type { Value } from "./document";
import type { FieldProps } from "./ValueField";
import { CrossIcon, PlusIcon } from "@/icons/icons";
import { ActionIcon, Button, Checkbox, Group, Stack, TextInput } from "@/kit/kit";

type Step = Extract<Value, { type: "text" }>;

function step(text: string, negated: boolean): Step {
  return negated ? { type: "text", text, negated } : { type: "text", text };
}

/** Events one after another; some of them must not have happened in between. */
export function StepsField({ label, value, onChange }: FieldProps<Extract<Value, { type: "list" }>>) {
  const { t } = useTranslation();
  const steps = value.values as Step[];
  const write = (next: Step[]) => onChange({ ...value, values: next });
  return (
    <Stack gap="xs">
      {steps.map((one, place) => {
        const name = t("builder.step", { place: place + 1, label });
        const change = (next: Step) => write(steps.map((old, at) => (at === place ? next : old)));
        return (
          <Group key={place} gap="xs">
            <TextInput
              aria-label={name}
              value={one.text}
              error={one.text === ""}
              onChange={(event) => change(step(event.currentTarget.value, Boolean(one.negated)))}
            />
            <Checkbox
              label={t("builder.step_not")}
              checked={Boolean(one.negated)}
              onChange={(event) => change(step(one.text, event.currentTarget.checked))}
            />
            <ActionIcon
              variant="subtle"
              aria-label={t("builder.remove", { what: name })}
              disabled={steps.length === 1}
              onClick={() => write(steps.filter((_, at) => at !== place))}
            >
              <CrossIcon />
            </ActionIcon>
          </Group>
        );
      })}
      <div>
        <Button
          variant="subtle"
          size="xs"
          leftSection={<PlusIcon />}
          onClick={() => write([...steps, step("", false)])}
        >
          {t("builder.add_step")}
        </Button>
      </div>
    </Stack>
  );
}
