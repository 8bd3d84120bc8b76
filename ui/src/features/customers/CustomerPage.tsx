import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ConsentCard, FactCard, SegmentCard } from "./Cards";
import { MessagesCard } from "./MessagesCard";
import { Scores } from "./Scores";
import { SourcesCard } from "./SourcesCard";
import { TimelineCard } from "./TimelineCard";
import { WhyCard } from "./WhyCard";
import { answer, api } from "@/api/client";
import { Grid, Group, Stack } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { PhaseBadge } from "@/shared/PhaseBadge";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

function Reach({ card }: { card: Schemas["CustomerCard"] }) {
  const format = useFormat();
  const country = card.country && format.countryName(card.country);
  const place = [card.city, country].filter(Boolean).join(", ");
  const parts = [card.email, card.phone, place, card.language && format.languageName(card.language)].filter(Boolean);
  return (
    <Group gap={6} style={{ overflowWrap: "anywhere" }}>
      {parts.join(" · ")}
    </Group>
  );
}

/** One customer: who it is, what happened, which segments and consents. */
export function CustomerPage() {
  const { t } = useTranslation();
  const { customerId } = useParams({ from: "/customers/$customerId" });
  const { data, error, refetch } = useAnswer({
    key: ["customer", customerId],
    ask: (signal) =>
      answer(api.GET("/api/customers/{customer_id}", { params: { path: { customer_id: customerId } }, signal })),
  });
  const badge = data?.phase && <PhaseBadge phase={data.phase} label={data.phase_label ?? data.phase} />;
  return (
    <>
      <PageHead
        title={data?.name || customerId}
        parent={{ to: "/customers", label: t("customers.title") }}
        badge={badge}
        lead={data && <Reach card={data} />}
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState lines={4} height={120} />}
      {data && (
        <Stack gap="lg">
          <Scores card={data} />
          <Grid gap="lg">
            <Grid.Col span={{ base: 12, lg: 8 }}>
              <Stack gap="lg">
                <WhyCard customerId={customerId} />
                <TimelineCard customerId={customerId} />
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 4 }}>
              <Stack gap="lg">
                <SegmentCard segments={data.segments} />
                <ConsentCard consents={data.consents} />
                <MessagesCard customerId={customerId} />
                <FactCard facts={data.facts} />
                <SourcesCard customerId={customerId} />
              </Stack>
            </Grid.Col>
          </Grid>
        </Stack>
      )}
    </>
  );
}
