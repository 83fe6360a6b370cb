import * as endpoints from "#contract/http/billing.ts";
import { memberRoute } from "../http/route.ts";
import { countLicences } from "./licences.ts";

export const billingRoutes = [memberRoute(endpoints.getLicences, (ctx) => countLicences(ctx))];
