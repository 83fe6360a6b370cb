import type { Page } from "@playwright/test";

/** A page of the app in one of its states, and how to reach it. */
export interface View<World extends { page: Page }> {
  /** The pattern in routes.tsx. */
  route: string;
  /** Names the state, to tell it from the page's other states. */
  state: string;
  /** The browser page that shows the state; by default the world's own. */
  pageOf?: (world: World) => Page;
  /** Opens the state and waits until the page shows it. */
  show: (world: World, page: Page) => Promise<unknown>;
  /** Restores what the following views depend on. */
  cleanUp?: (world: World) => Promise<unknown>;
}
