import { Link, useNavigate, useSearchParams } from "react-router";
import { paths, safeNext } from "../../paths.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { AuthFrame } from "./auth-frame.tsx";
import { SignInForm } from "./sign-in-form.tsx";

export function SignInPage() {
  usePageTitle("Sign in");
  const navigate = useNavigate();
  const [query] = useSearchParams();
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
      <SignInForm onSignedIn={() => navigate(safeNext(query.get("next")) ?? paths.home(), { replace: true })} />
    </AuthFrame>
  );
}
