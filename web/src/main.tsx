import "./ui/without-eval.ts";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@fontsource-variable/inter/wght.css";
import "./ui/typeface.css";
import "./ui/tokens.css";
import "./ui/fields.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router";
import { failureCode } from "./api/errors.ts";
import { routes } from "./routes.tsx";
import { keepFocus } from "./ui/keep-focus.ts";
import { watchEscape } from "./ui/use-escape-above.ts";
import { resolver, theme } from "./ui/theme.ts";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // Only failures of the network or the server are retried. A refusal would be the same again.
      retry: (count, error) => count < 2 && ["unreachable", "internal", "unavailable", null].includes(failureCode(error)),
    },
  },
});

const router = createBrowserRouter(routes);
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
keepFocus();
watchEscape();

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolver}
      defaultColorScheme="auto"
      colorSchemeManager={localStorageColorSchemeManager({ key: "mantine-color-scheme-value" })}
    >
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-center" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
