import { type Job, job } from "../../platform/jobs.ts";
import type { Services } from "../../services.ts";
import { COLLECT } from "./asking.ts";
import { collect } from "./collecting.ts";
import { LOOK_UP, lookUp } from "./events.ts";
import { DETACH, FORGET } from "./methods.ts";
import { RECONCILE, reconcile } from "./reconciling.ts";

export function paymentJobs(services: Services): Job[] {
  const { payments } = services;
  return [
    job(COLLECT, (key) => collect(services, key)),
    job(LOOK_UP, (subject) => lookUp(services, subject)),
    job(DETACH, ({ methodId }) => payments.detach(methodId)),
    job(FORGET, ({ customerId }) => payments.forget(customerId)),
    job(RECONCILE, (_, signal) => reconcile(services, signal)),
  ];
}
