import { queryOptions } from "@tanstack/react-query";
import { answerOf } from "../../api/operation.ts";

export const meQuery = () => queryOptions(answerOf("GET /api/v1/me", {}));

export const factorsQuery = () => queryOptions(answerOf("GET /api/v1/me/factors", {}));

export const mySessionsQuery = () => queryOptions(answerOf("GET /api/v1/me/sessions", {}));

export const emailChangeQuery = () => queryOptions(answerOf("GET /api/v1/me/email-change", {}));
