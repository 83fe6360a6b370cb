/** Changes of the subscription. Each is quoted first, and then made once, exactly as quoted. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { ApiError, failureCode, words } from "../../api/errors.ts";
import { ofWorkspace } from "../../api/outdated.ts";
import type { AddOnId, Quote, SubscriptionChange } from "../../api/types.ts";
import { useTenant } from "../tenants/tenant-context.ts";

export type BillingChange =
  | { kind: "subscription"; wanted: SubscriptionChange }
  | { kind: "licences"; licences: number }
  | { kind: "add-ons"; addOns: AddOnId[] };

export interface Quoted {
  change: BillingChange;
  quote: Quote;
}

function ask(slug: string, change: BillingChange): Promise<Quote> {
  const params = { path: { slug } };
  switch (change.kind) {
    case "subscription":
      return call(api.POST("/api/v1/tenants/{slug}/billing/subscription/quotes", { params, body: { wanted: change.wanted } }));
    case "licences":
      return call(api.POST("/api/v1/tenants/{slug}/billing/licences/quotes", { params, body: { licences: change.licences } }));
    case "add-ons":
      return call(api.POST("/api/v1/tenants/{slug}/billing/add-ons/quotes", { params, body: { addOns: change.addOns } }));
  }
}

async function accept(slug: string, { change: { kind }, quote: { quoteId } }: Quoted): Promise<void> {
  const params = { path: { slug, quoteId } };
  switch (kind) {
    case "subscription":
      await call(api.POST("/api/v1/tenants/{slug}/billing/subscription/quotes/{quoteId}/acceptance", { params }));
      break;
    case "licences":
      await call(api.POST("/api/v1/tenants/{slug}/billing/licences/quotes/{quoteId}/acceptance", { params }));
      break;
    case "add-ons":
      await call(api.POST("/api/v1/tenants/{slug}/billing/add-ons/quotes/{quoteId}/acceptance", { params }));
  }
}

/** The message about the wrong field. There is only one at a time. */
function reasonOf(error: unknown): string {
  const [field] = (error instanceof ApiError && error.problem?.fields) || [];
  return field?.message ?? words(error);
}

const isOutdated = (error: unknown) => ["quote_outdated", "quote_expired"].includes(failureCode(error) ?? "");

/** Asks again for a quote that is no longer valid, and shows the new price in its place. */
export function useQuoting({ onDone }: { onDone: () => void }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const asking = useMutation({
    mutationFn: async (change: BillingChange): Promise<Quoted> => ({ change, quote: await ask(slug, change) }),
  });
  const accepting = useMutation({
    mutationFn: (quoted: Quoted) => accept(slug, quoted),
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries(ofWorkspace(slug));
    },
    onError: (error, { change }) => {
      if (isOutdated(error)) asking.mutate(change);
    },
  });
  const outdated = isOutdated(accepting.error);
  return {
    quoted: asking.data ?? null,
    isAsking: asking.isPending,
    isAccepting: accepting.isPending,
    /** Why the price differs from the one before. */
    notice: outdated && asking.isSuccess ? words(accepting.error) : null,
    failure: asking.isError ? reasonOf(asking.error) : accepting.isError && !outdated ? reasonOf(accepting.error) : null,
    ask: (change: BillingChange) => {
      accepting.reset();
      return asking.mutateAsync(change);
    },
    accept: (quoted: Quoted) => accepting.mutate(quoted),
    reset: () => {
      asking.reset();
      accepting.reset();
    },
  };
}

export type Quoting = ReturnType<typeof useQuoting>;
