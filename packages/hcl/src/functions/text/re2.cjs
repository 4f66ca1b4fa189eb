// CommonJS, so that the engine (20 ms to load) is loaded on its first use, and yet at once.
exports.loadRe2 = () => require("re2js");
