// Shows a page of our own where one cannot be loaded: that page and its parts are all it keeps, and nothing that people wrote.
//
// Its address says in which language and look, and of which version of the product, that page is (templates/base.html):
// another address is another worker, which brings a page of its own and takes the place of this one at once.

const KEPT = `offline${location.search}`;
const PAGE = "/offline/";
const PART = "?offline"; // marks what belongs to that page, so that nothing else takes the way through here

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keep());
});

addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([dropOthers(), registration.navigationPreload?.enable(), clients.claim()]));
});

addEventListener("fetch", (event) => {
  const { method, destination, url } = event.request;
  if (method !== "GET") return;
  if (destination === "document") event.respondWith(load(event));
  else if (url.endsWith(PART)) event.respondWith(part(event.request));
});

async function keep() {
  const page = await fetch(PAGE, { cache: "no-store" });
  if (!page.ok || page.redirected) throw new Error(`${page.status}`);
  const parts = [...(await page.clone().text()).matchAll(/"([^"\s]+\?offline)"/g)].map(([, address]) => address);
  const cache = await caches.open(KEPT);
  await cache.addAll(parts);
  await cache.put(PAGE, page);
}

async function dropOthers() {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
}

/** @param {FetchEvent} event */
async function load(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    const page = await caches.match(PAGE);
    if (!page) await registration.unregister(); // the browser has thrown it away: the next page brings us back
    return page ?? Response.error();
  }
}

/** @param {Request} request */
async function part(request) {
  return (await caches.match(request)) ?? fetch(request);
}
