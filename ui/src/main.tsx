import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "@/api/client";
import { router } from "@/app/router";
import { startI18n } from "@/i18n/i18n";
import { KitProvider } from "@/kit/KitProvider";
import { SessionProvider } from "@/shared/session";

/** What the server refused is final; only silence, and a server with its hands full, are worth a second try. */
const isFinal = (error: Error) => error instanceof ApiError && error.status !== 429;

const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 15_000, retry: (count, error) => !isFinal(error) && count < 2 },
  },
});

await startI18n();

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <KitProvider>
      <QueryClientProvider client={queries}>
        <SessionProvider>
          <RouterProvider router={router} />
        </SessionProvider>
      </QueryClientProvider>
    </KitProvider>
  </StrictMode>,
);
