import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Badge } from "@/kit/kit";
import { useSigned } from "@/shared/session";
import { useAnswer } from "@/shared/useAnswer";

/** How many messages are in doubt, while there are any; leads to their facts. */
export function Doubts() {
  const { t } = useTranslation();
  const { session } = useSigned();
  const { data } = useAnswer({
    key: ["outbox", "doubts"],
    ask: (signal) => answer(api.GET("/api/outbox/doubts", { signal })),
    enabled: Boolean(session.shop),
    every: 60_000,
  });
  if (!data?.messages) return null;
  return (
    <Link to="/outbox" search={{ state: "in_doubt" }} style={{ textDecoration: "none" }}>
      <Badge color="orange" visibleFrom="sm" mr={4}>
        {t("shell.doubts", { count: data.messages })}
      </Badge>
    </Link>
  );
}
