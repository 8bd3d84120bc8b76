import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { currentLanguage } from "@/i18n/i18n";

export type Schemas = components["schemas"];

/** An answer that is no success. `message` is the server's sentence, in the reader's language, when it sent one. */
export class ApiError extends Error {
  readonly status: number;
  readonly fault: Schemas["Fault"] | null;

  constructor(status: number, message: string, fault: Schemas["Fault"] | null = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.fault = fault;
  }
}

let csrf = "";

/** Keeps the session's token: every change must echo it. */
export function rememberCsrf(token: string): void {
  csrf = token;
}

function goToLogin(): void {
  const here = window.location.pathname + window.location.search;
  window.location.assign(`/login?next=${encodeURIComponent(here)}`);
}

export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin" });

api.use({
  onRequest({ request }) {
    request.headers.set("Accept-Language", currentLanguage());
    if (request.method !== "GET") request.headers.set("X-Relance-CSRF", csrf);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) goToLogin();
  },
});

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

function isProblem(value: unknown): value is Schemas["Problem"] {
  return typeof value === "object" && value !== null && "detail" in value && typeof value.detail === "string";
}

/** An answer that is no success, with the server's sentence when it sent one. */
export function refusal(response: Response, error: unknown): ApiError {
  if (isProblem(error)) return new ApiError(response.status, error.detail, error.fault ?? null);
  return new ApiError(response.status, "");
}

/** The body of a successful answer. Throws ApiError with the server's sentence otherwise. */
export async function answer<T>(pending: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await pending;
  if (response.ok) return data as T;
  throw refusal(response, error);
}
