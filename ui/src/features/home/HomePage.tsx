import { useTranslation } from "react-i18next";
import { FirstDay, OwnShop } from "./FirstDay";
import { Figures } from "./Figures";
import { Months } from "./Months";
import { NextSteps } from "./NextSteps";
import { Phases } from "./Phases";
import { answer, api } from "@/api/client";
import { InfoIcon } from "@/icons/icons";
import { Alert, Grid, Stack } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { useSigned } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

const OLD_DAYS = 2;

/** Whether the figures are of a day that is past: a history that was imported, not a shop that lives. */
function isPast(asOf: string): boolean {
  return Date.now() - new Date(asOf).getTime() > OLD_DAYS * 86_400_000;
}

/** The shop's key figures, and what to do next. */
export function HomePage() {
  const { t } = useTranslation();
  const { session, format } = useSigned();
  const { data, error, refetch } = useAnswer({
    key: ["home"],
    ask: (signal) => answer(api.GET("/api/home", { signal })),
  });
  const asOf = data?.as_of ? t("common.as_of", { date: format.dateTime(data.as_of) }) : undefined;
  return (
    <>
      <PageHead title={session.shop?.name ?? t("home.title")} lead={asOf} />
      <Stack gap="lg">
        {session.demo && (
          <Alert color="orange" icon={<InfoIcon />} title={t("home.demo_title")}>
            {t("home.demo_text")}
          </Alert>
        )}
        {data?.as_of && isPast(data.as_of) && (
          <Alert color="orange" icon={<InfoIcon />} title={t("home.past_title", { date: format.date(data.as_of) })}>
            {t("home.past_text")}
          </Alert>
        )}
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <LoadingState lines={4} height={96} />}
        {data && !session.shop && <FirstDay />}
        {data && session.shop && (
          <>
            <Figures figures={data.figures} />
            <Grid gap="lg">
              <Grid.Col span={{ base: 12, lg: 8 }}>
                <NextSteps steps={data.next_steps} />
              </Grid.Col>
              <Grid.Col span={{ base: 12, lg: 4 }}>
                <OwnShop />
              </Grid.Col>
            </Grid>
            <Phases phases={data.phases} />
            <Months months={data.months} />
          </>
        )}
      </Stack>
    </>
  );
}
