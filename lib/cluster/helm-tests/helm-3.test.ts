import { helmStories } from "./stories";

helmStories("3.17");
