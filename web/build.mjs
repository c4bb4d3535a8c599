// Bundles the page and writes it as a C++ source: node build.mjs MODULES OUT.cpp [DIRECTORY]
//
// MODULES is the node_modules that `npm ci` made of package-lock.json: in the build's directory, so that
// nothing is written among the sources. With DIRECTORY the files are written there as well, to look at.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** @returns {Promise<Array<{url: string, type: string, content: Buffer}>>} */
async function bundle(modules) {
  const { build } = createRequire(path.join(modules, "from-here"))("esbuild");
  const result = await build({
    entryPoints: [path.join(here, "src/app.js")],
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022"],
    outdir: "/",
    write: false,
    legalComments: "inline",
    logLevel: "warning",
    nodePaths: [modules],
  });
  const files = result.outputFiles.map((f) => [`/${path.basename(f.path)}`, Buffer.from(f.contents)]);
  for (const name of ["favicon.svg"]) files.push([`/${name}`, await readFile(path.join(here, "src", name))]);
  files.push(["/", await readFile(path.join(here, "src/index.html"))]);
  return files.map(([url, content]) => ({ url, content, type: types[path.extname(url) || ".html"] }));
}

/** Bytes as a list of numbers: no escapes to get wrong, and no limit of a literal's length. */
function to_cpp(files) {
  const arrays = files.map(({ content }, i) => `constexpr unsigned char file_${i}[] = {${[...content].join(",")},0};`);
  const rows = files.map(
    ({ url, type, content }, i) =>
      `    {"${url}", {"${type}", {reinterpret_cast<const char*>(file_${i}), ${content.length}}}},`,
  );
  return `// Written by web/build.mjs from the page's sources.
#include "admin/static_files.hpp"

namespace mqttzoo::admin {

namespace {
${arrays.join("\n")}
} // namespace

std::optional<static_file> find_page_file(std::string_view path) noexcept {
  static const struct {
    std::string_view path;
    static_file file;
  } files[] = {
${rows.join("\n")}
  };
  for (const auto& f : files)
    if (f.path == path)
      return f.file;
  return std::nullopt;
}

} // namespace mqttzoo::admin
`;
}

const [modules, out, directory] = process.argv.slice(2);
if (!out) throw new Error("usage: node build.mjs MODULES OUT.cpp [DIRECTORY]");
const files = await bundle(path.resolve(modules));
await writeFile(out, to_cpp(files));
if (directory) {
  await mkdir(directory, { recursive: true });
  for (const { url, content } of files)
    await writeFile(path.join(directory, url === "/" ? "index.html" : url.slice(1)), content);
}
const digest = createHash("sha256");
for (const { content } of files) digest.update(content);
const bytes = files.reduce((sum, f) => sum + f.content.length, 0);
console.log(`the page: ${files.length} files, ${bytes} bytes, sha256 ${digest.digest("hex").slice(0, 16)}`);
