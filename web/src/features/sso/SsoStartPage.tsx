import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link, useParams } from "react-router";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import { paths } from "../../paths.ts";
import { PageLoader } from "../../ui/page-loader.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import classes from "../page-frames/auth-frame.module.css";
import { goToProvider } from "./go-to-provider.ts";

/** Sends the browser to the identity provider at once. The tile in a provider's portal leads to this page. */
export function SsoStartPage() {
  usePageTitle("Single sign-on");
  const { connectionId = "" } = useParams();
  const [failure, setFailure] = useState<unknown>(null);
  const [tries, setTries] = useState(0);

  useEffect(() => {
    let wanted = true;
    call(api.POST("/api/v1/sso/{connectionId}/start", { params: { path: { connectionId } }, body: { purpose: "sign_in" } }))
      .then(({ url }) => wanted && goToProvider(url))
      .catch((error: unknown) => wanted && setFailure(error));
    return () => {
      wanted = false;
    };
  }, [connectionId, tries]);

  if (failure === null) return <PageLoader />;
  const code = failureCode(failure);
  const gone = code === "not_found" || code === "invalid_input";
  return (
    <AuthFrame
      title={gone ? "This sign-in isn't offered" : "whoot can't open your company's sign-in page"}
      lead={
        gone ? "It was switched off or deleted, or the address is incomplete. Ask an admin of the workspace." : words(failure)
      }
    >
      <div className={classes.stack}>
        {!gone && (
          <Button
            size="md"
            onClick={() => {
              setFailure(null);
              setTries(tries + 1);
            }}
          >
            Try again
          </Button>
        )}
        <Button component={Link} to={paths.signIn()} variant="default" size="md">
          Sign in another way
        </Button>
      </div>
    </AuthFrame>
  );
}
