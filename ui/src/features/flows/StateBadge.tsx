import { useTranslation } from "react-i18next";
import { Badge } from "@/kit/kit";
import type { Schemas } from "@/shared/useAnswer";

const colours: Record<Schemas["FlowRow"]["state"], string> = { draft: "gray", active: "teal", paused: "orange" };

export function StateBadge({ state }: { state: Schemas["FlowRow"]["state"] }) {
  const { t } = useTranslation();
  return (
    <Badge color={colours[state]} size="lg" style={{ flex: "none" }}>
      {t(`flows.states.${state}`)}
    </Badge>
  );
}
