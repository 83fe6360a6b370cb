import { Loader } from "@mantine/core";

export function PageLoader() {
  return (
    <div style={{ minHeight: "60dvh", display: "grid", placeItems: "center" }} role="status" aria-label="Loading">
      <Loader type="bars" size="sm" />
    </div>
  );
}
