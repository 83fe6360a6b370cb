import type { Page } from "@playwright/test";

/** A page of the app in one of its states, and how to reach it. */
export interface View<World extends { page: Page }> {
  /** The pattern in routes.tsx. */
  route: string;
  /** Distinguishes it from other states of the same page. */
  state: string;
  /** The page that shows it; by default the world's own. */
  on?: (world: World) => Page;
  /** Opens the state and waits until the page shows it. */
  show: (world: World, page: Page) => Promise<unknown>;
  /** Undoes what the following views must not see. */
  after?: (world: World) => Promise<unknown>;
}
