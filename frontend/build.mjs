// Builds the style sheet, the scripts and the font into the package: infra24/web/static.
import { build } from "esbuild";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const out = new URL("../infra24/web/static/", import.meta.url);
const modules = new URL("./node_modules/", import.meta.url);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

await build({
  entryPoints: { book: "src/book.ts", embed: "src/embed.ts", passkeys: "src/passkeys.ts", app: "src/app.css" },
  outdir: out.pathname,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome123", "firefox128", "safari17.5"],
  external: ["*.woff2"],
  legalComments: "none",
});

const font = "@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2";
cpSync(new URL(font, modules), new URL("figtree.woff2", out));
const htmx = readFileSync(new URL("htmx.org/dist/htmx.min.js", modules), "utf8");
writeFileSync(new URL("htmx.js", out), htmx.replace(/^\/\/# sourceMappingURL=.*$/m, ""));
cpSync(new URL("./src/icon.svg", import.meta.url), new URL("icon.svg", out));

const licences = ["htmx.org", "@fontsource-variable/figtree"].map((name) => {
  const { version, license } = JSON.parse(readFileSync(new URL(`${name}/package.json`, modules), "utf8"));
  const text = readFileSync(new URL(`${name}/LICENSE`, modules), "utf8");
  return `${name} ${version} (${license})\n\n${text}`;
});
writeFileSync(new URL("THIRD_PARTY_LICENSES.txt", out), licences.join(`\n\n${"-".repeat(72)}\n\n`));
