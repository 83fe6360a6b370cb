import { type Job, job } from "../../platform/jobs.ts";
import type { Services } from "../../services.ts";
import { CLOSE_PAGE, COLLECT, INVITE_TO_PAY } from "./asking.ts";
import { collect } from "./collecting.ts";
import { LOOK_UP, lookUp } from "./events.ts";
import { DETACH, FORGET } from "./methods.ts";
import { inviteToPay } from "./paying.ts";
import { RECONCILE, reconcile } from "./reconciling.ts";

export function paymentJobs(services: Services): Job[] {
  const { payments } = services;
  return [
    job(COLLECT, (key) => collect(services, key)),
    job(INVITE_TO_PAY, (key) => inviteToPay(services, key)),
    job(CLOSE_PAGE, async ({ pageId }) => {
      await payments.closePage(pageId);
      await lookUp(services, { kind: "page", id: pageId });
    }),
    job(LOOK_UP, (subject) => lookUp(services, subject)),
    job(DETACH, ({ methodId }) => payments.detach(methodId)),
    job(FORGET, ({ customerId }) => payments.forget(customerId)),
    job(RECONCILE, (run, signal) => reconcile(services, run, signal)),
  ];
}
