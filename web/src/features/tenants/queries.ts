import { queryOptions } from "@tanstack/react-query";
import { answerOf } from "../../api/operation.ts";

export const tenantQuery = (slug: string) => queryOptions(answerOf("GET /api/v1/tenants/{slug}", { path: { slug } }));

export const slugQuery = (slug: string, movingFrom?: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/slugs/{slug}", { path: { slug }, query: movingFrom === undefined ? {} : { movingFrom } }),
    staleTime: 10_000,
  });

export const earlierSlugsQuery = (slug: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/earlier-slugs", { path: { slug } }),
    select: ({ items }) => items,
    // After a workspace moves and moves back, the key is the same but the answer is not.
    staleTime: 0,
  });

export const deletionPreviewQuery = (slug: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/deletion", { path: { slug } }),
    // What is owed may have changed since the dialog was open last.
    staleTime: 0,
  });
