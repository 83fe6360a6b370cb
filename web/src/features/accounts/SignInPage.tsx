import { Link } from "react-router";
import { paths } from "../../paths.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { AuthFrame } from "./auth-frame.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/** Whatever shows it leads on as soon as one is signed in. */
export function SignInPage() {
  usePageTitle("Sign in");
  return (
    <AuthFrame
      title="Sign in"
      lead="Welcome back."
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
