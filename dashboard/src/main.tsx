import "./ui/theme.css";
import "./app/theme.ts";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { pageState } from "./session/page-state.ts";
import { session } from "./session/session.ts";

// The one style that a library writes at run time (it stops the page from scrolling under a
// dialog) is allowed by the nonce of this answer.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
if (nonce) setNonce(nonce);

session.begin(pageState.session);
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
