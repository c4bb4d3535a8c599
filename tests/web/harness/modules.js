// What `npm ci` installed in the build's directory, where `import` does not look.
import { createRequire } from "node:module";
import path from "node:path";

export const load = (work, name) => createRequire(path.join(work, "from-here"))(name);
