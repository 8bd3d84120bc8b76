import "./mailbox.css";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MailList } from "./MailList";
import { MailView } from "./MailView";
import { answer, api } from "@/api/client";
import { MailboxIcon } from "@/icons/icons";
import { Card, useMediaQuery } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";

function useMails() {
  return useInfiniteQuery({
    queryKey: ["mails"],
    queryFn: ({ pageParam, signal }) =>
      answer(api.GET("/api/mailbox", { params: { query: { cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: 15_000,
  });
}

/** Mail that went over SMTP to the demo's mailbox: the list at the left, the mail itself at the right. */
export function MailboxPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const { mail: asked } = useSearch({ from: "/mailbox" });
  const wide = useMediaQuery("(min-width: 62em)");
  const [newest, setNewest] = useState<string>();
  const found = useMails();
  const mails = found.data?.pages.flatMap((page) => page.mails);
  // Where both stand side by side the newest mail is open at once; mail that comes later does not push it aside.
  const [first] = mails ?? [];
  if (first && newest === undefined) setNewest(String(first.mail_id));
  const mail = asked ?? (wide ? newest : undefined);
  const total = found.data?.pages[0]?.total ?? 0;
  const open = (id: number | undefined) =>
    void navigate({ to: "/mailbox", search: { mail: id === undefined ? undefined : String(id) } });
  return (
    <>
      <PageHead
        title={t("mailbox.title")}
        lead={total ? t("mailbox.lead", { count: total, shown: format.number(total) }) : t("mailbox.lead_empty")}
      />
      {found.error && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {!mails && !found.error && <LoadingState lines={8} height={56} />}
      {mails?.length === 0 && (
        <Card>
          <EmptyState icon={MailboxIcon} title={t("mailbox.empty_title")}>
            {t("mailbox.empty_text")}
          </EmptyState>
        </Card>
      )}
      {mails && mails.length > 0 && (
        <div className="mailbox" data-open={mail !== undefined}>
          <MailList
            mails={mails}
            selected={mail}
            onOpen={open}
            onMore={found.hasNextPage ? () => void found.fetchNextPage() : undefined}
            loading={found.isFetchingNextPage}
          />
          <MailView mailId={mail} onBack={() => open(undefined)} />
        </div>
      )}
    </>
  );
}
