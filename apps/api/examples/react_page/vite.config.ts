import { defineConfig } from "vite";

// The page and the API have one origin, as they would behind one proxy.
export default defineConfig({ server: { proxy: { "/api": process.env.COLLOQUY_URL ?? "http://localhost:8000" } } });
