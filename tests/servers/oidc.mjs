// The certified OpenID provider, for tests: node oidc.mjs '{"port": …, "clients": […], "jwks": {…}, "lean": false}'.
// Whoever types a name is signed in by that name. `lean` keeps claims out of the token, as the standard has it.
import Provider from "oidc-provider";

const { port, clients, jwks, lean } = JSON.parse(process.argv[2]);
const provider = new Provider(`http://localhost:${port}`, {
  clients,
  jwks,
  cookies: { keys: ["of the tests"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: lean,
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: true, name: `${id} Example` }),
  }),
  ttl: {
    AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600,
  },
});
provider.listen(port, "127.0.0.1", () => console.log("up"));
