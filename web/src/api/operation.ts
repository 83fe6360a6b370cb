/** Queries by operation of the API. Operation and parameters make the key, so no key can be misspelt or differ from its request. */
import type { QueryFilters } from "@tanstack/react-query";
import { api, call } from "./client.ts";
import type { paths } from "./schema.d.ts";

type Verb = "get" | "post" | "put" | "patch" | "delete";

/** As "GET /api/v1/me": the method and the path template. */
export type Operation = {
  [Path in keyof paths]: {
    [V in Verb]: paths[Path][V] extends { responses: unknown } ? `${Uppercase<V>} ${Path}` : never;
  }[Verb];
}[keyof paths];

type SpecOf<O extends Operation> = O extends `${infer V} ${infer Path extends keyof paths}`
  ? Lowercase<V> extends infer Method extends Verb
    ? paths[Path][Method]
    : never
  : never;

type BodyOf<Spec> = Spec extends { requestBody: { content: { "application/json": infer Body } } } ? { body: Body } : unknown;

export type ParamsOf<O extends Operation> =
  SpecOf<O> extends { parameters: infer Parameters extends { path?: unknown; query?: unknown } }
    ? Pick<Parameters, "path" | "query"> & BodyOf<SpecOf<O>>
    : never;

type AnswerOf<O extends Operation> =
  SpecOf<O> extends { responses: { 200: { content: { "application/json": infer Body } } } } ? Body : never;

type ItemOf<O extends Operation> = AnswerOf<O> extends { items: (infer Item)[] } ? Item : never;

/** Part of the key, because one operation with the same parameters is cached in different shapes. */
type Reading = "answer" | "items" | "pages";

export function keyOf<O extends Operation>(operation: O, params: ParamsOf<O>, reading: Reading) {
  return [operation, params, reading] as const;
}

async function ask<O extends Operation>(operation: O, params: ParamsOf<O>, cursor?: string): Promise<AnswerOf<O>> {
  const [method, path] = operation.split(" ");
  const { body, query, ...at } = params as { path?: object; query?: object; body?: unknown };
  const init = { params: { ...at, query: cursor === undefined ? query : { ...query, cursor } }, body };
  // The client's types cannot follow a method and path in one string. The types of this function can.
  const request = api.request as (...args: unknown[]) => Promise<{ data?: AnswerOf<O>; response: Response }>;
  return call(request(method?.toLowerCase(), path, init));
}

/** Query options for one answer, unchanged. */
export function answerOf<O extends Operation>(operation: O, params: ParamsOf<O>) {
  return { queryKey: keyOf(operation, params, "answer"), queryFn: () => ask(operation, params) };
}

interface Page {
  nextCursor: string | null;
}

/** Query options for the items of all pages, for lists that are shown whole. The server limits their length. */
export function itemsOf<O extends Operation>(operation: O, params: ParamsOf<O>) {
  return {
    queryKey: keyOf(operation, params, "items"),
    queryFn: async () => {
      const items: ItemOf<O>[] = [];
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const page = (await ask(operation, params, cursor)) as Page & { items: ItemOf<O>[] };
        items.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      }
      return items;
    },
  };
}

/** Infinite query options: loads page after page, as the person asks for more. */
export function pagesOf<O extends Operation>(operation: O, params: ParamsOf<O>) {
  return {
    queryKey: keyOf(operation, params, "pages"),
    queryFn: ({ pageParam }: { pageParam: string | undefined }) => ask(operation, params, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: AnswerOf<O>) => (page as Page).nextCursor ?? undefined,
  };
}

type PathParams = Readonly<Record<string, string>>;

function filter(isWanted: (operation: Operation) => boolean, path: PathParams): QueryFilters {
  return {
    predicate: ({ queryKey }) => {
      const [operation, params] = queryKey as readonly [Operation, { path?: PathParams }];
      return isWanted(operation) && Object.entries(path).every(([name, value]) => params.path?.[name] === value);
    },
  };
}

/** Matches queries of these operations with these path parameters, whatever their other parameters. */
export function queriesOf(operations: readonly Operation[], path: PathParams = {}): QueryFilters {
  return filter((operation) => operations.includes(operation), path);
}

/** Matches queries of all operations at this path or below it. */
export function queriesBelow(template: keyof paths, path: PathParams = {}): QueryFilters {
  return filter((operation) => {
    const its = operation.slice(operation.indexOf(" ") + 1);
    return its === template || its.startsWith(`${template}/`);
  }, path);
}

/** Matches every query that none of these filters matches. */
export function allExcept(...kept: QueryFilters[]): QueryFilters {
  return { predicate: (query) => !kept.some(({ predicate }) => predicate?.(query)) };
}
