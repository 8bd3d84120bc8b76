import { useTranslation } from "react-i18next";
import { TrashIcon } from "@/icons/icons";
import { ActionIcon, Badge } from "@/kit/kit";

/** The mark of what is denied; pressing it takes the denial away. */
export function Denied<Draft extends { not: boolean }>(props: { draft: Draft; onChange: (draft: Draft) => void }) {
  const { t } = useTranslation();
  if (!props.draft.not) return null;
  return (
    <Badge
      component="button"
      type="button"
      color="orange"
      title={t("builder.undo_not")}
      onClick={() => props.onChange({ ...props.draft, not: false })}
    >
      {t("builder.not")}
    </Badge>
  );
}

export function RemoveButton({ what, onRemove }: { what: string; onRemove: () => void }) {
  const { t } = useTranslation();
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      ml="auto"
      size="lg"
      aria-label={t("builder.remove", { what })}
      onClick={onRemove}
    >
      <TrashIcon />
    </ActionIcon>
  );
}
