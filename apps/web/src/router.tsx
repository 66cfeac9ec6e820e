import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { AskPage } from './ask/AskPage.tsx';
import { NotFound, RouteFailed } from './shell/Failures.tsx';
import { Shell } from './shell/Shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: RouteFailed });
const getParentRoute = () => root;

const ask = createRoute({ getParentRoute, path: '/', component: AskPage });

const explore = createRoute({
  getParentRoute,
  path: '/explore',
  component: lazyRouteComponent(() => import('./explore/ExplorePage.tsx'), 'ExplorePage'),
});
const services = createRoute({
  getParentRoute,
  path: '/explore/services',
  component: lazyRouteComponent(() => import('./explore/ServicesPage.tsx'), 'ServicesPage'),
});
const parties = createRoute({
  getParentRoute,
  path: '/explore/parties',
  component: lazyRouteComponent(() => import('./explore/PartiesPage.tsx'), 'PartiesPage'),
});
const receipts = createRoute({
  getParentRoute,
  path: '/explore/receipts',
  component: lazyRouteComponent(() => import('./explore/ReceiptsPage.tsx'), 'ReceiptsPage'),
});
const claims = createRoute({
  getParentRoute,
  path: '/explore/claims',
  component: lazyRouteComponent(() => import('./explore/ClaimsPage.tsx'), 'ClaimsPage'),
});
const events = createRoute({
  getParentRoute,
  path: '/explore/transactions',
  component: lazyRouteComponent(() => import('./explore/EventsPage.tsx'), 'EventsPage'),
});
const asset = createRoute({
  getParentRoute,
  path: '/explore/assets/$account',
  component: lazyRouteComponent(() => import('./explore/AssetPage.tsx'), 'AssetPage'),
});
const party = createRoute({
  getParentRoute,
  path: '/explore/parties/$agentId',
  component: lazyRouteComponent(() => import('./explore/PartyPage.tsx'), 'PartyPage'),
});
const receipt = createRoute({
  getParentRoute,
  path: '/explore/receipts/$id',
  component: lazyRouteComponent(() => import('./explore/ReceiptPage.tsx'), 'ReceiptPage'),
});
const transaction = createRoute({
  getParentRoute,
  path: '/explore/transactions/$hash',
  component: lazyRouteComponent(() => import('./explore/TransactionPage.tsx'), 'TransactionPage'),
});
const address = createRoute({
  getParentRoute,
  path: '/explore/addresses/$address',
  component: lazyRouteComponent(() => import('./explore/AddressPage.tsx'), 'AddressPage'),
});
const assets = createRoute({
  getParentRoute,
  path: '/explore/assets',
  beforeLoad: () => {
    throw redirect({ to: '/explore' });
  },
});

const earn = createRoute({
  getParentRoute,
  path: '/earn',
  component: lazyRouteComponent(() => import('./earn/EarnPage.tsx'), 'EarnPage'),
});
const offer = createRoute({
  getParentRoute,
  path: '/earn/offer',
  component: lazyRouteComponent(() => import('./earn/OfferPage.tsx'), 'OfferPage'),
});
const publishModel = createRoute({
  getParentRoute,
  path: '/earn/model',
  component: lazyRouteComponent(() => import('./earn/PublishModelPage.tsx'), 'PublishModelPage'),
});
const contribute = createRoute({
  getParentRoute,
  path: '/earn/data',
  component: lazyRouteComponent(() => import('./earn/ContributePage.tsx'), 'ContributePage'),
});

const routeTree = root.addChildren([
  ask,
  explore,
  services,
  parties,
  receipts,
  claims,
  events,
  assets,
  asset,
  party,
  receipt,
  transaction,
  address,
  earn,
  offer,
  publishModel,
  contribute,
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: RouteFailed,
  defaultNotFoundComponent: NotFound,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
