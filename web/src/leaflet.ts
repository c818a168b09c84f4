// Leaflet without what this map does not have: tiles, markers, pop-ups, controls, SVG.

import "leaflet/src/layer/vector/Renderer.getRenderer.js";
import "leaflet/src/map/handler/Map.DoubleClickZoom.js";
import "leaflet/src/map/handler/Map.Drag.js";
import "leaflet/src/map/handler/Map.Keyboard.js";
import "leaflet/src/map/handler/Map.ScrollWheelZoom.js";
import "leaflet/src/map/handler/Map.TouchZoom.js";

export { LatLngBounds } from "leaflet/src/geo/LatLngBounds.js";
export { Layer } from "leaflet/src/layer/Layer.js";
export { Canvas } from "leaflet/src/layer/vector/Canvas.js";
export { Polygon } from "leaflet/src/layer/vector/Polygon.js";
export { Map as LeafletMap } from "leaflet/src/map/Map.js";
