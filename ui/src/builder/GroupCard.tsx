import { useTranslation } from "react-i18next";
import { AddTerm } from "./AddTerm";
import { ConditionRow } from "./ConditionRow";
import type { Draft, GroupDraft } from "./draft";
import { MatchCard } from "./MatchCard";
import { Denied, RemoveButton } from "./RowParts";
import type { Vocabulary } from "./vocabulary";
import { Group, Paper, SegmentedControl, Stack } from "@/kit/kit";

interface GroupCardProps {
  vocabulary: Vocabulary;
  draft: GroupDraft;
  onChange: (draft: GroupDraft) => void;
  /** Absent for the group that holds all others. */
  onRemove?: () => void;
}

interface TermRowProps {
  vocabulary: Vocabulary;
  draft: Draft;
  onChange: (draft: Draft) => void;
  onRemove: () => void;
}

function TermRow({ vocabulary, draft, onChange, onRemove }: TermRowProps) {
  const given = { vocabulary, onChange, onRemove };
  switch (draft.kind) {
    case "group":
      return <GroupCard {...given} draft={draft} />;
    case "match":
      return <MatchCard {...given} draft={draft} />;
    case "condition":
      return <ConditionRow {...given} draft={draft} term={vocabulary.fields.get(draft.field)} before="" />;
  }
}

/** Conditions of which all or any must hold; groups may stand inside groups. */
export function GroupCard({ vocabulary, draft, onChange, onRemove }: GroupCardProps) {
  const { t } = useTranslation();
  const put = (terms: Draft[]) => onChange({ ...draft, terms });
  const label = t(onRemove ? "builder.group" : "builder.all_conditions");
  const body = (
    <Stack gap="sm">
      <Group gap="xs">
        <Denied draft={draft} onChange={onChange} />
        <SegmentedControl
          aria-label={t("builder.join_of", { what: label })}
          data={[
            { value: "and", label: t("builder.and") },
            { value: "or", label: t("builder.or") },
          ]}
          value={draft.join}
          onChange={(join) => onChange({ ...draft, join: join === "or" ? "or" : "and" })}
        />
        {onRemove && <RemoveButton what={label} onRemove={onRemove} />}
      </Group>
      {draft.terms.map((term) => (
        <TermRow
          key={term.key}
          vocabulary={vocabulary}
          draft={term}
          onChange={(next) => put(draft.terms.map((old) => (old.key === next.key ? next : old)))}
          onRemove={() => put(draft.terms.filter((old) => old.key !== term.key))}
        />
      ))}
      <AddTerm vocabulary={vocabulary} onAdd={(term) => put([...draft.terms, term])} />
    </Stack>
  );
  return onRemove ? (
    <Paper withBorder p="sm" role="group" aria-label={label}>
      {body}
    </Paper>
  ) : (
    body
  );
}
