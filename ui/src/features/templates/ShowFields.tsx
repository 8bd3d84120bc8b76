import { useTranslation } from "react-i18next";
import { MultiSelect, Select } from "@/kit/kit";
import { useSegments } from "@/shared/useSegments";

/** Who sees a block: those for whom everything that is named holds. */
export interface Show {
  fact?: string | null;
  segments?: string[];
  not_segments?: string[];
  phases?: string[];
}

const conditions = [
  "coupon",
  "products",
  "recommended",
  "viewed",
  "wishlist",
  "owned",
  "cart",
  "shop_url",
  "first_name",
  "city",
];

const phases = ["prospect", "first_time", "repeat", "loyal", "at_risk", "inactive", "lost"] as const;

function isEmpty(show: Show): boolean {
  return !show.fact && !show.segments?.length && !show.not_segments?.length && !show.phases?.length;
}

/** The conditions of a block: a fact, segments, phases of life. */
export function ShowFields({ show, onChange }: { show: Show | null; onChange: (show: Show | null) => void }) {
  const { t } = useTranslation();
  const { choices, nameOf } = useSegments();
  const asked = show ?? {};
  const put = (change: Show) => {
    const next = { ...asked, ...change };
    onChange(isEmpty(next) ? null : next);
  };
  const named = [...(asked.segments ?? []), ...(asked.not_segments ?? [])]
    .filter((one) => !choices.some(({ value }) => value === one))
    .map((value) => ({ value, label: nameOf(value) }));
  return (
    <>
      <Select
        label={t("templates.shown_with")}
        value={asked.fact ?? null}
        onChange={(fact) => put({ fact })}
        data={conditions.map((value) => ({ value, label: t(`templates.conditions.${value}`) }))}
        placeholder={t("templates.shown_always")}
        clearable
      />
      {(["segments", "not_segments"] as const).map((name) => (
        <MultiSelect
          key={name}
          label={t(`templates.shown_to.${name}`)}
          value={asked[name] ?? []}
          onChange={(value) => put({ [name]: value })}
          data={[...choices, ...named]}
          searchable
          clearable
          nothingFoundMessage={t("segments.none_found")}
        />
      ))}
      <MultiSelect
        label={t("templates.shown_to.phases")}
        value={asked.phases ?? []}
        onChange={(value) => put({ phases: value })}
        data={phases.map((value) => ({ value, label: t(`rules.phases.${value}`) }))}
        clearable
      />
    </>
  );
}
