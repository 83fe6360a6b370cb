import { expect, test } from "vitest";
import { filesHolding } from "./testing/sources.ts";

test("only ui/clocks.ts reads the computer's clock, so that no interval is measured by a clock that can be set", () => {
  expect(filesHolding(/\bDate\.now\b|\bnew Date\(\)|\bDate\(\)|timeStamp\b/)).toEqual(["ui/clocks.ts"]);
});

test("only files that show dates, and the gateway, use the computer's clock", () => {
  expect(filesHolding(/\bwallNow\b|\buseWallClock\b/)).toEqual([
    "features/access-reviews/AccessReviewReportPage.tsx",
    "features/access-reviews/start-review.tsx",
    "features/audit-log/use-audit-filters.ts",
    "features/sso/sso-policy.tsx",
    "features/sso/sso-section.tsx",
    "features/tenants/workspace-display.tsx",
    "features/tenants/workspace-facts.tsx",
    "ui/clocks.ts",
    "ui/time.ts",
    "ui/use-now.ts",
    // Compares it with the monotonic clock to notice that it was set or that the computer slept.
    "voice/gateway.ts",
  ]);
});
