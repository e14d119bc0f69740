import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The service mounts the page at /console; `npm run dev` passes API calls on to a service that runs locally.
export default defineConfig({
  base: '/console/',
  plugins: [svelte()],
  build: {
    outDir: '../src/mailgauge/console/static',
    emptyOutDir: true,
    target: 'es2022',
    minify: 'terser',
    terserOptions: { compress: { passes: 3 }, ecma: 2020, module: true },
    modulePreload: { polyfill: false },
    // The page's security policy allows no data: URLs for scripts and styles.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/console/api': 'http://127.0.0.1:4566' } },
});
