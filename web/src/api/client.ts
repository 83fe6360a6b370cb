import createClient from "openapi-fetch";
import { ApiError, unreachable } from "./errors.ts";
import type { paths } from "./schema.d.ts";

/** The generated client. Nothing else of the web app speaks HTTP. */
export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin" });

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The answer's data, or an ApiError: one way to fail, whatever went wrong. */
export async function call<Data>(request: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await request;
  } catch (cause) {
    // Also when a proxy answers with something that is no JSON.
    throw unreachable(cause);
  }
  if (!answer.response.ok) throw ApiError.from(answer.error, answer.response);
  return answer.data as Data;
}
