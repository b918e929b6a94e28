import { helmStories } from "./stories";

helmStories("4.1");
