import { expect, test } from "vitest";
import { bodyOf, faultsOf, valuesOf } from "./profile-values.ts";

const PROFILE = {
  ...{ company: "Acme", addressLines: ["Street 1", "Back yard"], postcode: null, city: "Cork", country: "IE", taxId: null },
  ...{ purchaseOrder: "PO 1", language: "en" as const, recipients: ["a@example.com", "b@example.com"] },
};
const values = valuesOf({ ...PROFILE, taxIdForm: null, taxIdConfirmedAt: null, can: { edit: true } });

test("a profile goes through the form unchanged", () => {
  expect(bodyOf(values)).toEqual(PROFILE);
  expect(faultsOf(values)).toEqual({});
});

test("faults stand beside their fields", () => {
  expect(faultsOf({ ...values, company: " ", addressLines: "\n", country: "", recipients: "a@example.com\nnobody" })).toEqual({
    company: "Enter the company's name.",
    addressLines: "Enter the street.",
    country: "Choose the country.",
    recipients: "nobody: Enter an email address like name@example.com.",
  });
  expect(faultsOf({ ...values, addressLines: "1\n2\n3\n4\n5" })).toEqual({ addressLines: "Use at most 4 lines." });
});
