// Passkeys: making one and signing in with one. Without this file, or in a browser that has none, the buttons stay hidden.
//
//   <button data-passkey="register" data-options-url="…" data-done-url="…" data-say="#said" hidden>
//   <button data-passkey="sign-in"  data-options-url="…" data-done-url="…" data-say="#said" hidden>
//   <input name="email" autocomplete="username webauthn">   offers passkeys where the address is typed
//
// The options are fetched by POST; what the browser makes of them is posted as JSON. Both carry `x-csrf-token` from
// <meta name="csrf">. An answer {"next": "/…"} is followed. Sentences come from the page: data-failed, data-cancelled,
// data-already, or the `sentence` (or `detail`) of the server's refusal.

type Json = Record<string, unknown>;

class Refused extends Error {}

const supported = "PublicKeyCredential" in window && "credentials" in navigator;
let waiting: AbortController | undefined;

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-passkey]")) {
  if (!supported) continue;
  button.hidden = false;
  button.type = "button";
  button.addEventListener("click", () => void pressed(button));
}
void offerWhereTyped();

async function pressed(button: HTMLButtonElement): Promise<void> {
  if (button.getAttribute("aria-busy") === "true") return;
  waiting?.abort();
  button.setAttribute("aria-busy", "true");
  say(button, "");
  try {
    await run(button);
  } catch (error) {
    say(button, sentence(button, error));
    void offerWhereTyped();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** In the list that drops down from the address, where the browser can: nothing pops up. */
async function offerWhereTyped(): Promise<void> {
  const button = document.querySelector<HTMLButtonElement>("button[data-passkey=sign-in]");
  const field = document.querySelector("input[autocomplete~=webauthn]");
  if (!supported || !button || !field || (waiting && !waiting.signal.aborted)) return;
  const mine = new AbortController();
  waiting = mine;
  try {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    if (!mine.signal.aborted) await run(button, mine.signal);
  } catch (error) {
    // Nobody chose one, or the press of a button ended the wait: there is nothing to say about that.
    if (error instanceof Refused) say(button, error.message);
  } finally {
    if (waiting === mine) waiting = undefined;
  }
}

async function run(button: HTMLButtonElement, quietly?: AbortSignal): Promise<void> {
  const { optionsUrl, doneUrl, passkey } = button.dataset;
  if (!optionsUrl || !doneUrl) throw new Error("data-options-url and data-done-url are missing");
  const options = await post(optionsUrl, {});
  let made: Credential | null;
  if (passkey === "register") {
    made = await navigator.credentials.create({ publicKey: creationOptions(options) });
  } else {
    const publicKey = requestOptions(options);
    made = await navigator.credentials.get(
      quietly ? { publicKey, mediation: "conditional", signal: quietly } : { publicKey },
    );
  }
  if (!made) throw new DOMException("nothing was chosen", "NotAllowedError");
  const answer = await post(doneUrl, asJson(made as PublicKeyCredential));
  if (typeof answer.next === "string" && /^\/(?![/\\])/.test(answer.next)) location.assign(answer.next);
  else location.reload();
}

async function post(url: string, body: unknown): Promise<Json> {
  const answer = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      accept: "application/json",
      "content-type": "application/json",
      "x-csrf-token": document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "",
    },
    body: JSON.stringify(body),
  });
  const said = (await answer.json().catch(() => ({}))) as Json;
  if (!answer.ok) {
    const why = said.sentence ?? said.detail;
    throw new Refused(typeof why === "string" ? why : "");
  }
  return said;
}

function sentence(button: HTMLButtonElement, error: unknown): string {
  const { failed = "", cancelled = failed, already = failed } = button.dataset;
  if (error instanceof Refused) return error.message || failed;
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return cancelled;
  return name === "InvalidStateError" ? already : failed;
}

function say(button: HTMLButtonElement, words: string): void {
  const place = button.dataset.say ? document.querySelector<HTMLElement>(button.dataset.say) : null;
  if (!place) return;
  place.textContent = words;
  place.hidden = words === "";
}

// The browser's own reading and writing of JSON where it has them; the same by hand where it does not.

function creationOptions(options: Json): PublicKeyCredentialCreationOptions {
  const json = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  if (PublicKeyCredential.parseCreationOptionsFromJSON) {
    return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  }
  return {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials: json.excludeCredentials?.map(described),
  } as PublicKeyCredentialCreationOptions;
}

function requestOptions(options: Json): PublicKeyCredentialRequestOptions {
  const json = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  if (PublicKeyCredential.parseRequestOptionsFromJSON) {
    return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  }
  return {
    ...json,
    challenge: bytes(json.challenge),
    allowCredentials: json.allowCredentials?.map(described),
  } as PublicKeyCredentialRequestOptions;
}

function described(one: PublicKeyCredentialDescriptorJSON): PublicKeyCredentialDescriptor {
  return { ...one, id: bytes(one.id) } as PublicKeyCredentialDescriptor;
}

function asJson(made: PublicKeyCredential): unknown {
  if (typeof made.toJSON === "function") return made.toJSON();
  const whole: Json = {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    clientExtensionResults: {},
    ...(made.authenticatorAttachment ? { authenticatorAttachment: made.authenticatorAttachment } : {}),
  };
  if (made.response instanceof AuthenticatorAttestationResponse) {
    whole.response = {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    };
  } else {
    const response = made.response as AuthenticatorAssertionResponse;
    whole.response = {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      ...(response.userHandle ? { userHandle: text(response.userHandle) } : {}),
    };
  }
  return whole;
}

function bytes(base64url: string): ArrayBuffer {
  const plain = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0)).buffer;
}

function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export {};
