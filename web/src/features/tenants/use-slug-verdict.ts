import { Slug } from "#contract/slug.ts";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { slugQuery } from "./queries.ts";

interface SlugVerdict {
  available: boolean;
  error: string | null;
}

/**
 * Says while the person types whether a workspace could have this slug. The server is asked only about well-formed slugs.
 * @param movingFrom current slug of the workspace that would move: its own earlier slugs are available to it
 */
export function useSlugVerdict(slug: string, movingFrom?: string): SlugVerdict {
  const [settled] = useDebouncedValue(slug, 300);
  const wellFormed = Slug.safeParse(settled);
  const { data } = useQuery({
    ...slugQuery(settled, movingFrom),
    enabled: wellFormed.success && settled !== movingFrom,
    retry: false,
  });
  if (slug !== settled || slug === "") return { available: false, error: null };
  if (!wellFormed.success) return { available: false, error: wellFormed.error.issues[0]?.message ?? "Choose another." };
  return { available: data?.available ?? false, error: data?.message ?? null };
}
