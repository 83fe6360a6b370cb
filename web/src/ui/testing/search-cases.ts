import cases from "./search.tsv?raw";

/** Queries, each with a name that it must find. */
export const NAME_CASES = cases
  .trim()
  .split("\n")
  .slice(1)
  .map((line): [query: string, name: string] => {
    const [query = "", name = ""] = line.split("\t");
    return [query, name];
  });
