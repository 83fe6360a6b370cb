import { queryOptions } from "@tanstack/react-query";
import { answerOf } from "../../api/operation.ts";

export const systemQuery = () => queryOptions({ ...answerOf("GET /api/v1/system", {}), staleTime: Infinity });

export const outboxQuery = () => queryOptions({ ...answerOf("GET /api/v1/outbox", {}), refetchInterval: 3_000 });
