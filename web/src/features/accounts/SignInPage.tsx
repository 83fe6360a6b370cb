import { Link } from "react-router";
import { paths } from "../../paths.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { lastWorkspace } from "../my-tenants/last-workspace.ts";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/** Does not navigate after sign-in: SignedOutOnly around it does. */
export function SignInPage() {
  usePageTitle("Sign in");
  return (
    <AuthFrame
      title="Sign in"
      lead={lastWorkspace() === null ? "Talk with your team: press a key and be heard." : "Welcome back."}
      after={
        <>
          New here? <Link to={paths.signUp()}>Create an account</Link>
        </>
      }
    >
      <SignInForm />
    </AuthFrame>
  );
}
