import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { answer, api, rememberCsrf, type Schemas } from "@/api/client";
import { ErrorState } from "@/shared/states";
import { makeFormat, type Format } from "@/shared/format";
import { Center, Loader } from "@/kit/kit";

interface Signed {
  session: Schemas["Session"];
  format: Format;
}

const SignedContext = createContext<Signed | null>(null);

async function readSession(signal: AbortSignal): Promise<Schemas["Session"]> {
  const session = await answer(api.GET("/api/session", { signal }));
  rememberCsrf(session.csrf);
  return session;
}

/** Asks who is signed in before any page is drawn; without a session the browser goes to the sign-in page. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const { t, i18n } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ["session"],
    queryFn: ({ signal }) => readSession(signal),
    staleTime: Infinity,
  });
  const signed = useMemo(() => {
    if (!data) return null;
    const { currency, zone } = data.shop ?? { currency: "EUR", zone: "Europe/Paris" };
    return { session: data, format: makeFormat({ language: i18n.language, currency, zone }) };
  }, [data, i18n.language]);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!signed) {
    return (
      <Center h="100vh">
        <Loader aria-label={t("states.loading")} />
      </Center>
    );
  }
  return <SignedContext.Provider value={signed}>{children}</SignedContext.Provider>;
}

export function useSigned(): Signed {
  const signed = useContext(SignedContext);
  if (!signed) throw new Error("useSigned is for pages inside SessionProvider");
  return signed;
}

/** How figures and dates of this shop are written. */
export function useFormat(): Format {
  return useSigned().format;
}
