import createClient from "openapi-fetch";
import { ApiError, unreachable } from "./errors.ts";
import type { paths } from "./schema.d.ts";

/** The generated client, through which the web app makes its API requests. */
export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin" });

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/**
 * Waits for a request.
 * @returns the data of the answer
 * @throws ApiError whatever went wrong: a refusal, a proxy's page or no connection
 */
export async function call<Data>(request: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await request;
  } catch (cause) {
    // Also thrown when a proxy answers with something that isn't JSON.
    throw unreachable(cause);
  }
  if (!answer.response.ok) throw ApiError.from(answer.error, answer.response);
  return answer.data as Data;
}
