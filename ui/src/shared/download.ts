import { refusal } from "@/api/client";

export interface Download {
  content: Blob;
  file: string;
  people: string;
  leftOut: string;
}

interface Outcome {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** The file of an answer that was asked for as a blob. Throws ApiError with the server's sentence. */
export async function fileOf(pending: Promise<Outcome>): Promise<Download> {
  const { data, error, response } = await pending;
  if (!response.ok) throw refusal(response, error);
  const told = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition") ?? "");
  return {
    content: data as Blob,
    file: told?.[1] ?? "relance.csv",
    people: response.headers.get("X-Relance-People") ?? "",
    leftOut: response.headers.get("X-Relance-Left-Out") ?? "",
  };
}

/** Hands a file to the browser to be kept. */
export function keepFile({ content, file }: Download): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = file;
  link.click();
  URL.revokeObjectURL(address);
}
