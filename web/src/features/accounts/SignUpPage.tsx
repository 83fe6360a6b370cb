import { Link, useNavigate } from "react-router";
import { paths } from "../../paths.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import { SignUpForm } from "./sign-up-form.tsx";

export function SignUpPage() {
  usePageTitle("Create an account");
  const navigate = useNavigate();
  return (
    <AuthFrame
      title="Create your account"
      lead="One account for every workspace you belong to."
      after={
        <>
          Have one already? <Link to={paths.signIn()}>Sign in</Link>
        </>
      }
    >
      <SignUpForm
        onDone={({ signedIn, email }) =>
          signedIn ? navigate(paths.home(), { replace: true }) : navigate(paths.checkMail(), { state: { email } })
        }
      />
    </AuthFrame>
  );
}
