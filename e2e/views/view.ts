import type { Page } from "@playwright/test";

/** A page of the app in one of its states, and the way there. */
export interface View<World extends { page: Page }> {
  /** As routes.tsx has it. */
  route: string;
  /** Tells it from other states of the same page. */
  state: string;
  /** Whose window shows it; without it, the world's own. */
  on?: (world: World) => Page;
  /** Leads there, and waits until the page shows what it is looked at for. */
  show: (world: World, page: Page) => Promise<unknown>;
  /** Undoes what should not last. */
  after?: (world: World) => Promise<unknown>;
}
