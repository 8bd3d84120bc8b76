import { useTranslation } from "react-i18next";
import { JournalTab } from "./JournalTab";
import { QualityTab } from "./QualityTab";
import { TurnoverTab } from "./TurnoverTab";
import { VersionsTab } from "./VersionsTab";
import { Card, Tabs } from "@/kit/kit";
import { ExportForm } from "@/shared/ExportForm";
import type { Schemas } from "@/shared/useAnswer";

const tabs = ["journal", "turnover", "versions", "quality", "export"] as const;

interface InsightProps {
  saved: Schemas["SegmentDetail"];
  onRolledBack: () => void;
}

/** The life of a saved segment: who moved, how many each month, how long they stay, its versions, its quality, its members as a file. */
export function Insight({ saved, onRolledBack }: InsightProps) {
  const { t } = useTranslation();
  const { segment_id: segmentId, name } = saved.segment;
  return (
    <Card>
      <Tabs defaultValue="journal" keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {t(`insight.tabs.${tab}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="journal">
          <JournalTab segmentId={segmentId} />
        </Tabs.Panel>
        <Tabs.Panel value="turnover">
          <TurnoverTab segmentId={segmentId} />
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <VersionsTab segmentId={segmentId} current={saved.version} onRolledBack={onRolledBack} />
        </Tabs.Panel>
        <Tabs.Panel value="quality">
          <QualityTab segmentId={segmentId} />
        </Tabs.Panel>
        <Tabs.Panel value="export">
          <ExportForm of={{ segment: segmentId }} name={name} />
        </Tabs.Panel>
      </Tabs>
    </Card>
  );
}
