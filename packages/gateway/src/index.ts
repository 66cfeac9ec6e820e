export { GatewayConfig, type GatewayConfigJson, loadGatewayConfig, parseGatewayConfig } from './config.ts';
export { createGateway, type Gateway, type GatewayContext } from './gateway.ts';
